import json, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
model = json.loads(given.pop("--model"))
wanted = {"--x": "1", "--note": 'it is "quoted"', "--bare": "a b", "--single": "a b", "--double": "a b", "--inside": "name=a b"}
assert given == wanted, given
assert model == {"kind": "mlp", "units": 32}, model
print("val_acc=0.5")
