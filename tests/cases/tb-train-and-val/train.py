# What the callback of Keras writes: the same tags below train/ and validation/.
import os
from tensorboardX import SummaryWriter
folder = os.environ["SWEEPJOB_METRICS_PATH"]
train, validation = SummaryWriter(f"{folder}/train"), SummaryWriter(f"{folder}/validation")
for epoch, (seen, unseen) in enumerate([(0.75, 0.25), (0.875, 0.5), (1.0, 0.375)]):
    train.add_scalar("epoch_accuracy", seen, epoch)
    validation.add_scalar("epoch_accuracy", unseen, epoch)
    train.flush(), validation.flush()
train.close(), validation.close()
