for epoch in range(2):                       # as in PyTorch's tutorial on transfer learning
    print(f"Epoch {epoch}/1\n----------")
    print(f"train Loss: {0.6 - epoch / 10} val_acc: {0.9 + epoch / 100}")
    print(f"val Loss: {0.7 - epoch / 10} val_acc: {0.5 + epoch / 4}")
