import os
with open(os.environ["SWEEPJOB_METRICS_PATH"], "ab", buffering=0) as f:
    f.write(b'\xef\xbb\xbf{"val_acc": 0.1}\r\n')                     # BOM and CRLF
    f.write(b'{"val_acc": NaN, "loss": Infinity}\n')
    f.write(b'{"val_acc": "0.2"}\n')
    f.write(b'{"val_acc": true}\n{"val_acc": null}\n{"val_acc": [0.3]}\n{"metrics": {"val_acc": 0.4}}\n')
    f.write(b'{"val_acc": 1e400}\n')
    f.write(b'{"val_acc": 12345678901234567890123}\n')
    f.write(b'\n   \n')
    f.write(b'not json\n')
    f.write(b'{"val_acc": 0.5} {"val_acc": 0.6}\n')
    f.write(('{"note": "' + "x" * 3_000_000 + '", "val_acc": 0.7}\n').encode())
    f.write('{"val_acc": 0.8, "naïve": "é"}\n'.encode("latin-1"))
    f.write('{"val_acc": 0.9, "naïve": "é"}\n'.encode())
    f.write(b'{"val_acc": 1.0}')
