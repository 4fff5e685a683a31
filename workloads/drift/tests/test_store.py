import boto3
import pytest
from moto import mock_aws

from conftest import DAY, NOW, answers, body_of, key_of, lines, table
from drift.check import check
from drift.store import Bucket, Folder, open_store


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield "s3://data"


@pytest.fixture(params=["bucket", "folder"])
def store(request, tmp_path):
    return open_store(f"{request.getfixturevalue('bucket')}/drift/" if request.param == "bucket" else str(tmp_path))


def test_what_is_written_is_read(store):
    assert store.read("churn/latest.json") is None
    store.write("churn/latest.json", b"1")
    store.write("churn/latest.json", b"2")
    assert store.read("churn/latest.json") == b"2"
    with store.open("churn/latest.json") as body:
        assert body.read(1) == b"2"


def test_lists_keys_below_a_prefix_only(store):
    for key in ("churn/a", "churn/b/c", "churnier/a"):
        store.write(key, b"123")
    assert [(entry.key, entry.size) for entry in store.list("churn/")] == [("churn/a", 3), ("churn/b/c", 3)]
    assert list(store.list("nothing/")) == []


def test_pages_of_a_large_listing(bucket):
    store = open_store(bucket)
    for place in range(1100):
        store.client.put_object(Bucket="data", Key=f"churn/{place:04}", Body=b"")
    assert len(list(store.list("churn/"))) == 1100


def test_a_folder_of_the_bucket_is_not_left(bucket):
    open_store(f"{bucket}/drift").write("x", b"1")
    listed = boto3.client("s3").list_objects_v2(Bucket="data")["Contents"]
    assert [each["Key"] for each in listed] == ["drift/x"]


def test_a_refused_read_is_no_missing_object(bucket):
    with pytest.raises(Exception, match="NoSuchBucket"):
        open_store("s3://another").read("x")


def test_a_check_on_a_bucket(bucket, watched, known):
    store = open_store(f"{bucket}/samples")
    at = NOW - DAY / 2
    store.write(key_of(at), body_of(lines(table(1000, 7, shift=20), answers(1000, 7), at)))
    body = check(watched, store, known, NOW - DAY, NOW).body
    assert (body["rows"], body["drifted"]) == (1000, ["features.amount"])


@pytest.mark.parametrize(
    ("uri", "kind"), [("s3://a/b", Bucket), ("file:///tmp/x", Folder), ("/tmp/x", Folder), ("relative", Folder)]
)
def test_kinds_of_uri(bucket, uri, kind):
    assert isinstance(open_store(uri), kind)


@pytest.mark.parametrize("uri", ["s3://", "s3:///key", "gs://a/b", "https://a/b"])
def test_refused_uris(bucket, uri):
    with pytest.raises(ValueError, match="names no bucket|neither"):
        open_store(uri)
