"""A moto server of S3 that verifies signatures, with one user, one bucket and one object.

The first line names the user's keys, which are the same for the same seed. The port is open when all of that is
there: `s3_server.py --port=9000 --seed=1 --bucket=receipts --object=health/marker`.
"""

import argparse

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.test import Client

# moto reads the service from the signature, and knows nobody's yet
UNSIGNED = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=a"
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


def sent(response):
    if response.status_code != 200:
        raise SystemExit(f"{response.request.path}: {response.status} {response.text}")
    return response.text


def iam(client, action, **parameters):
    form = {"Version": "2010-05-08", "Action": action, "UserName": "shop", **parameters}
    return sent(client.post("/", headers={"Authorization": UNSIGNED}, data=form))


def text_of(xml, name):
    return xml.split(f"<{name}>")[1].split(f"</{name}>")[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--object", required=True)
    arguments = parser.parse_args()

    server = DomainDispatcherApplication(create_backend_app)
    client = Client(server)
    sent(client.post(f"/moto-api/seed?a={arguments.seed}"))
    iam(client, "CreateUser")
    key = iam(client, "CreateAccessKey")
    iam(client, "PutUserPolicy", PolicyName="all", PolicyDocument=POLICY)
    sent(client.put(f"/{arguments.bucket}"))
    sent(client.put(f"/{arguments.bucket}/{arguments.object}", data=b"here"))
    # from here on nobody is let in without a signature
    sent(client.post("/moto-api/reset-auth", data=b"0", content_type="text/plain"))
    print(
        f"access_key={text_of(key, 'AccessKeyId')} secret_key={text_of(key, 'SecretAccessKey')}",
        flush=True,
    )
    run_simple("127.0.0.1", arguments.port, server, threaded=True)


main()
