from tensorboardX.proto.summary_pb2 import SummaryMetadata as SummaryMetadata
