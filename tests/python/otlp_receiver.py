"""Receives OTLP over HTTP and gRPC with the official generated classes, and prints each request.

The first line names the ports. Each line after it is a request as JSON: how it came, what it is, its
headers, and its message. A field that the classes do not know, at any depth, is an error: the request is
refused, and its line has `error`.

The first `--fail` requests of gRPC are answered RESOURCE_EXHAUSTED with the wish to be asked again after
`--retry-after` milliseconds, or without it where that is 0.
"""

import argparse
import concurrent.futures
import gzip
import http.server
import json
import threading

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as spans
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as spans_grpc

LOCK = threading.Lock()


def show(line):
    with LOCK:
        print(json.dumps(line), flush=True)


def check(message):
    """Fails where a field is unknown."""
    if len(UnknownFieldSet(message)):
        raise ValueError(f"unknown fields in {message.DESCRIPTOR.full_name}")
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        repeated = not isinstance(value, type(message)) and hasattr(value, "__len__")
        for inner in value if repeated else [value]:
            check(inner)


def varint(number):
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def retry_details(milliseconds):
    """A `google.rpc.Status` with a `google.rpc.RetryInfo` in it."""
    seconds, rest = divmod(milliseconds, 1000)
    delay = field(1, seconds) + field(2, rest * 1_000_000)
    url = b"type.googleapis.com/google.rpc.RetryInfo"
    detail = field(1, url) + field(2, field(1, delay))
    return field(1, 8) + field(2, b"full") + field(3, detail)


class Service:
    def __init__(self, signal, response, arguments):
        self.signal, self.response, self.left = signal, response, arguments.fail
        self.retry_after = arguments.retry_after

    def Export(self, request, context):
        headers = {key: str(value) for key, value in context.invocation_metadata()}
        if self.left > 0:
            self.left -= 1
            show({"transport": "grpc", "signal": self.signal, "failed": True})
            if self.retry_after:
                details = retry_details(self.retry_after)
                context.set_trailing_metadata((("grpc-status-details-bin", details),))
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "full")
        check(request)
        show({"transport": "grpc", "signal": self.signal, "headers": headers,
              "request": MessageToDict(request, preserving_proto_field_name=True)})
        return self.response()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        line = {"transport": "http", "path": self.path,
                "headers": {key.lower(): value for key, value in self.headers.items()}}
        try:
            signal, request, response = {
                "/v1/metrics": ("metrics", metrics.ExportMetricsServiceRequest,
                                metrics.ExportMetricsServiceResponse),
                "/v1/traces": ("spans", spans.ExportTraceServiceRequest,
                               spans.ExportTraceServiceResponse),
            }[self.path]
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            message = request()
            message.ParseFromString(body)
            check(message)
            line |= {"signal": signal,
                     "request": MessageToDict(message, preserving_proto_field_name=True)}
        except Exception as error:
            show(line | {"error": repr(error)})
            self.send_error(400, str(error))
            return
        show(line)
        answer = response().SerializeToString()
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fail", type=int, default=0)
    parser.add_argument("--retry-after", type=int, default=0)
    arguments = parser.parse_args()
    grpc_server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    metrics_grpc.add_MetricsServiceServicer_to_server(
        Service("metrics", metrics.ExportMetricsServiceResponse, arguments), grpc_server)
    spans_grpc.add_TraceServiceServicer_to_server(
        Service("spans", spans.ExportTraceServiceResponse, arguments), grpc_server)
    grpc_port = grpc_server.add_insecure_port("127.0.0.1:0")
    grpc_server.start()
    http_server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http=127.0.0.1:{http_server.server_port} grpc=127.0.0.1:{grpc_port}", flush=True)
    http_server.serve_forever()


main()
