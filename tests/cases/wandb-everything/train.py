import wandb

wandb.init(project="digits", config={"lr": 9.0, "units": 1, "own": 3})
print("config", wandb.config.lr, wandb.config.units)
wandb.log({"val": {"acc": wandb.config["lr"], "deep": {"x": 1}}, "loss": 1, "text": "hello", "flag": True})
wandb.log({"val": {"acc": float("nan")}})
wandb.log({"val": {"acc": float("inf")}})
wandb.log({"loss": 5.0}, step=10)
wandb.log({"val": {"acc": 0.5}}, step=10)
wandb.log({"table": wandb.Table(columns=["acc"], data=[[1.0]])})
print("table logged")
wandb.log({"val": {"acc": 0.75}}, commit=False)
wandb.log({"loss": 0.5})
wandb.finish()
