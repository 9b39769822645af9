# A progress bar without a line's end, as a long epoch of one leaves it in a pipe.
import sys
for i in range(400_000): sys.stdout.write(f"\r{i}/400000 [00:00<00:00, 1234.5it/s, loss=0.123, val_acc=0.456]" + " " * 30)
print("\nval_acc=0.5")
