import sys, time
lr = float(sys.argv[1])
for epoch in range(5):
    print("val_loss=%s" % (float("nan") if lr > 1 else lr + 1 / (epoch + 1)), flush=True)
    time.sleep(0.4)
