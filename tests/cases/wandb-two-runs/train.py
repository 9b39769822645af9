import wandb

first = wandb.init(project="digits", id="first")
first.log({"acc": 0.5})
first.finish()
second = wandb.init(project="digits", id="second")
second.log({"acc": 0.25})
second.finish()
again = wandb.init(project="digits", id="first", resume="allow")
again.log({"acc": 0.75})
again.finish()
