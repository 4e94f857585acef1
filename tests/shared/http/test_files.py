"""A file is kept once, by its content, and only when it is what it says."""

import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import httpx2
import pytest
import pytest_asyncio

from shared.errors import Problem
from shared.files import DOCX, KINDS, FileStore, NotWhatItSays, UnpacksTooLarge
from shared.files_api import router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from tests.serving import Caller, employ, serving
from tests.shared.http.conftest import Probe

Clients = tuple[httpx2.AsyncClient, Path]
PDF = b"%PDF-1.7\n" + b"licence " * 1000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clients(running_probe: Probe, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clients]:
    folder = tmp_path_factory.mktemp("files")
    settings = running_probe.settings.model_copy(update={"files_path": folder})
    app = create_app(ServiceDescription("pricing", "t", "t", settings, routers=(router,)))
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            await employ(session, "rep", ("account_rep", "kinshasa"))
            await employ(session, "contact", "account_contact")
            await session.commit()
        yield client, folder


@pytest.fixture
def folder(clients: Clients) -> Path:
    return clients[1]


@pytest.fixture
def rep(clients: Clients, running_probe: Probe) -> Caller:
    return Caller(clients[0], running_probe.issuer.token("rep"))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def send(caller: Caller, content: bytes, content_type: str) -> httpx2.Response:
    return await caller.call("POST", "/v1/files", content=content, headers={"Content-Type": content_type})


async def test_what_was_uploaded_is_given_back_exactly(rep: Caller) -> None:
    kept = await send(rep, PDF, "application/pdf")
    assert kept.status_code == 201
    file_hash = hashlib.sha256(PDF).hexdigest()
    assert kept.json() == {"file_hash": file_hash, "size": len(PDF), "content_type": "application/pdf"}
    back = await rep.get(kept.headers["Location"])
    assert (back.status_code, back.content, back.headers["content-type"]) == (200, PDF, "application/pdf")
    assert back.headers["content-disposition"].startswith("attachment")
    assert back.headers["x-content-type-options"] == "nosniff"


async def test_the_same_content_twice_is_one_file(rep: Caller, folder: Path) -> None:
    first, second = await send(rep, PDF, "application/pdf"), await send(rep, PDF, "application/pdf")
    assert first.json() == second.json()
    assert [name for name in names_in(folder) if name.endswith(".pdf")] == [f"{first.json()['file_hash']}.pdf"]


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        pytest.param(b"MZ\x90", "application/x-msdownload", 415, "unsupported_media_type", id="a program"),
        pytest.param(b"<html>", "text/html", 415, "unsupported_media_type", id="a web page"),
        pytest.param(b"<html>", "application/pdf", 415, "file_type_mismatch", id="a web page that says it is a PDF"),
        pytest.param(b"ab\0cd", "text/plain", 415, "file_type_mismatch", id="text with a zero byte"),
        pytest.param(b"", "application/pdf", 400, "empty_file", id="nothing"),
        pytest.param(b"%PDF-" + b"x" * 20_000_000, "application/pdf", 413, "body_too_large", id="more than 20 MB"),
    ],
)
async def test_is_refused_and_leaves_nothing_behind(
    rep: Caller, folder: Path, content: bytes, content_type: str, status: int, code: str
) -> None:
    before = names_in(folder)
    answer = await send(rep, content, content_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert names_in(folder) == before


@pytest.mark.parametrize("name", ["0" * 64, "..%2f..%2fetc%2fpasswd", "*" * 64, "A" * 64])
async def test_a_name_that_is_no_hash_of_ours_finds_nothing(rep: Caller, name: str) -> None:
    assert (await rep.get(f"/v1/files/{name}")).status_code in {404, 422}


async def test_the_customers_contact_reads_no_files(clients: Clients, running_probe: Probe, rep: Caller) -> None:
    kept = await send(rep, PDF, "application/pdf")
    contact = Caller(clients[0], running_probe.issuer.token("contact"))
    assert (await contact.get(kept.headers["Location"])).status_code == 403
    assert (await send(contact, PDF, "application/pdf")).status_code == 403


async def test_content_that_comes_byte_by_byte_is_still_recognised(tmp_path: Path) -> None:
    async def bytes_of(content: bytes) -> AsyncIterator[bytes]:
        for byte in content:
            yield bytes([byte])

    kept = await FileStore(tmp_path).keep(bytes_of(PDF[:100]), content_type="application/pdf")
    assert kept.path.read_bytes() == PDF[:100]
    assert FileStore(tmp_path).find(kept.file_hash) == kept.path


def test_each_ending_belongs_to_one_type() -> None:
    assert len({kind.ending for kind in KINDS.values()}) == len(KINDS)


def archive(*parts: tuple[str, int]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as made:
        for name, size in parts:
            made.writestr(name, b"0" * size)
    return packed.getvalue()


async def in_one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        pytest.param(archive(("word/document.xml", 9)), None, id="a small document"),
        pytest.param(archive(*((f"p{n}", 70 * 1024 * 1024) for n in range(3))), UnpacksTooLarge, id="a zip bomb"),
        pytest.param(archive(("../../etc/passwd", 9)), NotWhatItSays, id="a path that climbs"),
        pytest.param(archive(("/etc/passwd", 9)), NotWhatItSays, id="a path from the root"),
        pytest.param(b"PK\x03\x04 and nothing else", NotWhatItSays, id="a beginning alone"),
    ],
)
async def test_an_office_file_is_judged_by_its_table_of_contents_and_never_unpacked(
    tmp_path: Path, content: bytes, refusal: type[Problem] | None
) -> None:
    if refusal is None:
        assert (await FileStore(tmp_path).keep(in_one_piece(content), content_type=DOCX)).size == len(content)
        return
    with pytest.raises(refusal):
        await FileStore(tmp_path).keep(in_one_piece(content), content_type=DOCX)
    assert left_in(tmp_path) == []
