# A helper service in a session of its own, as experiment trackers and cluster runtimes start one.
import subprocess
subprocess.Popen(["sleep", "60"], start_new_session=True)
print("val_acc=0.5", flush=True)
