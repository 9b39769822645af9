import os, time
if os.fork() == 0:
    time.sleep(40); print("val_acc=0.75", flush=True); os._exit(0)
print("val_acc=0.5", flush=True)
