import os
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np
from tensorboardX import SummaryWriter
class TensorBoard(keras.callbacks.Callback):
    def __init__(self, folder):
        super().__init__()
        self.writers = {run: SummaryWriter(f"{folder}/{run}") for run in ("train", "validation")}
    def on_epoch_end(self, epoch, logs=None):
        for name, value in logs.items():
            run = "validation" if name.startswith("val_") else "train"
            self.writers[run].add_scalar("epoch_" + name.removeprefix("val_"), value, epoch)
    def on_train_end(self, logs=None):
        for writer in self.writers.values(): writer.close()
rng = np.random.default_rng(0)
x = rng.normal(size=(200, 3)); y = (x.sum(axis=1) > 0).astype(int)
model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=3, validation_split=0.25, verbose=0, callbacks=[TensorBoard(os.environ["SWEEPJOB_METRICS_PATH"])])
print("validation", history.history["val_accuracy"])
