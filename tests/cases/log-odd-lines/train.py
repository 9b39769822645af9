import os
w = lambda b: os.write(1, b)
w(b"val_acc=0.1\r\n")
w(b"x" * 2_000_000 + b" val_acc=0.2\n")                       # behind 2 MB in one line
w(b"val_acc=0.3 " + b"x" * 2_000_000 + b"\n")                  # before 2 MB in one line
w(b"\xff\xfe\x00 val_acc=0.4 \xe9\n")                          # no UTF-8
w(b"\x00val_acc=0.5\n")
w(b"\x1b[2K\r\x1b[1A\x1b[32mval_acc\x1b[0m=\x1b[1m0.6\x1b[0m\n")
w("val_acc=0.7\u2028val_acc=0.75\n".encode())                  # Unicode's line separator
w(b"val_acc=0.8\x0cnext page\n")
w(b"loss=1 val_acc=0.85\r" + b" " * 40 + b"\r\n")
for i in range(5): w(b"val_acc=%d\r" % i)
w(b"\nval_acc=0.9")                                             # no newline at the end
