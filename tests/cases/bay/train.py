import os
x = float(os.environ["AZUREML_SWEEP_x"])
print("m=" + str(eval(os.environ["METRIC"])))
