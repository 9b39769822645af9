"""Trains a small model with PyTorch on the GPU of its trial, for some seconds."""

import argparse
import json
import os
import time

import torch  # type: ignore[import-not-found] # of the environment that runs this

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--width", type=int)
parser.add_argument("--seconds", type=float)
args = parser.parse_args()

visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
print("device", visible, flush=True)
if torch.cuda.device_count() != 1:
    raise SystemExit(f"this trial sees {torch.cuda.device_count()} GPUs, not 1")
torch.manual_seed(0)
inputs = torch.randn(4096, 64, device="cuda")
targets = inputs.sum(1, keepdim=True).sin()
model = torch.nn.Sequential(
    torch.nn.Linear(64, args.width), torch.nn.ReLU(), torch.nn.Linear(args.width, 1)
).cuda()
optimizer = torch.optim.Adam(model.parameters(), args.lr)
end = time.monotonic() + args.seconds
while time.monotonic() < end:
    for _ in range(20):
        optimizer.zero_grad()
        loss = (model(inputs) - targets).square().mean()
        loss.backward()
        optimizer.step()
    row = {"loss": loss.item(), "reserved_mib": torch.cuda.memory_reserved() / 2**20}
    with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
        file.write(json.dumps(row) + "\n")
    time.sleep(0.1)
