import os
os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np
rng = np.random.default_rng(0)
x = rng.normal(size=(200, 3)); y = (x.sum(axis=1) > 0).astype(int)
model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=3, validation_split=0.25, verbose=0,
                    callbacks=[keras.callbacks.TensorBoard(os.environ["SWEEPJOB_METRICS_PATH"])])
print("validation", history.history["val_accuracy"])
