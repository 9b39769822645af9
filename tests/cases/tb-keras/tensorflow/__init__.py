# The part of TensorFlow that Keras' TensorBoard callback calls. TensorFlow itself has 600 MB.
