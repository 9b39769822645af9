# What arrives, beside the value with the trial's number. A grid counts from the last of a list to the first, or not: it is looked up.
import json, os, sys
values = json.load(open("values.json"))
given = json.loads(os.environ["SWEEPJOB_PARAMETERS"])["v"]
same = [v for v in values if v == given and type(v) is type(given)]
text = given if isinstance(given, str) else json.dumps(given)
argv = sys.argv[2] if len(sys.argv) > 2 else sys.argv[1].partition("=")[2]
right = len(same) == 1 and len(sys.argv) in (2, 3) and {text} == {argv, os.environ["AZUREML_SWEEP_v"], os.environ["V"]}
if not right: print("WRONG", repr(text), same, sys.argv[1:], os.environ["AZUREML_SWEEP_v"], os.environ["V"])
print(f"ok={int(right)}")
