"""Sends records as the official serializers write them.

produce.py REGISTRY KAFKA TOPIC    in Confluent's framing, by confluent-kafka's AvroSerializer
produce.py none KAFKA TOPIC        without framing, by fastavro

Standard input, a line each:
  schema JSON     the schema of the records that follow; with a registry, the next version of the topic's
  record PYTHON   a literal, in which Decimal, UUID, date, time, datetime and utc may stand
  bytes HEX       a record of these bytes
"""
import io
import json
import sys
from datetime import date, datetime, time, timezone
from decimal import Decimal
from uuid import UUID

import fastavro
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

registry, kafka, topic = sys.argv[1:]
names = dict(Decimal=Decimal, UUID=UUID, date=date, time=time, datetime=datetime, utc=timezone.utc)
producer = Producer({"bootstrap.servers": kafka})


def framed(schema):
    serializer = AvroSerializer(SchemaRegistryClient({"url": registry}), schema)
    context = SerializationContext(topic, MessageField.VALUE)
    return lambda record: serializer(record, context)


def plain(schema):
    parsed = fastavro.parse_schema(json.loads(schema))

    def serialize(record):
        to = io.BytesIO()
        fastavro.schemaless_writer(to, parsed, record)
        return to.getvalue()

    return serialize


serialize = None
for line in sys.stdin:
    kind, _, rest = line.strip().partition(" ")
    if kind == "schema":
        serialize = (plain if registry == "none" else framed)(rest)
    elif kind == "record":
        producer.produce(topic, serialize(eval(rest, names)), partition=0)
    elif kind == "bytes":
        producer.produce(topic, bytes.fromhex(rest), partition=0)
if producer.flush(30) > 0:
    sys.exit("not everything was sent")
