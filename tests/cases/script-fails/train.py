print("val_acc=0.25", flush=True)
labels = {}
print(labels["label"])
