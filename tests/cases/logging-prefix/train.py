import logging
logging.basicConfig(level=logging.INFO)
for acc in (0.25, 0.5, 0.75):
    logging.info("val_acc=%s", acc)           # INFO:root:val_acc=0.25
