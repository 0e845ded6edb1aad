"""Jobs in batches on real parts: the wire, the database and files; only the service is scripted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.server import faults
from tests.server.batch_script import BatchScript, Line, answered, expired, refused
from tests.server.loopback import LoopbackServer
from tests.server.wire import Answer
from tests.store.plain_takes import PlainTakes
from voiceapp.core.batch import BatchJob, BatchState, LineState, Task
from voiceapp.core.conversation import Role
from voiceapp.core.errors import ConfigError, ProviderError
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.core.speech import Usage
from voiceapp.openai_api.wire import Wire
from voiceapp.resources import model_table
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.batching import Batching
from voiceapp.wiring.batches import batching_of

KEY = "sk-test-51b0c8e2d7a94f2c"


class Desk:
    """A job's surroundings; a new one on the same folder is the program started again."""

    def __init__(self, folder: Path, server: LoopbackServer) -> None:
        self.store = SqliteStore(folder / "data", PlainTakes())
        self.used: list[Usage] = []
        self.settings = Settings(
            providers=(Provider("openai", ProviderKind.OPENAI, base_url=server.base_url),),
            jobs={Job.CHAT.value: Choice("openai")},
        )

        async def pause(_wait_s: float) -> None:
            pass

        def build(provider: Provider) -> Wire:
            return Wire(provider, lambda: KEY, model_table(), pause=pause)

        self.batching: Batching = batching_of(self.store, folder / "data", build, model_table())
        self.batching.on_usage = self.used.append

    async def until_over(self, job: BatchJob, steps: int = 20) -> BatchJob:
        """Step until the job is over; fails where it never is."""
        for _step in range(steps):
            job = await self.batching.step(self.settings, job)
            if job.is_over:
                return job
        raise AssertionError(job)

    async def start(self, task: Task, *sources: str | Path) -> BatchJob:
        return await self.batching.start(self.settings, task, [str(source) for source in sources])


@pytest.fixture
async def open_desk(tmp_path: Path, openai_server: LoopbackServer) -> AsyncIterator[Callable[[], Desk]]:
    desks: list[Desk] = []
    (tmp_path / "data").mkdir()

    def opened() -> Desk:
        desks.append(Desk(tmp_path, openai_server))
        return desks[-1]

    yield opened
    for desk in desks:
        await desk.store.close()
    assert openai_server.violations == []


@pytest.fixture
def desk(open_desk: Callable[[], Desk]) -> Desk:
    return open_desk()


def summaries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.md"))


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    folder = tmp_path / "talks"
    (folder / "below").mkdir(parents=True)
    (folder / "one.txt").write_text("The boiler rattles and the plumber comes on Friday.")
    (folder / "below" / "two.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nTomatoes grow in the garden.\n")
    (folder / "empty.txt").write_text(" \n")
    (folder / "picture.png").write_bytes(b"no transcript")
    return folder


async def test_every_transcript_of_a_folder_gets_its_summary_beside_it(desk: Desk, talks: Path) -> None:
    job = await desk.until_over(await desk.start(Task.SUMMARY, talks))
    assert (job.state, job.total, job.done, job.failed) == (BatchState.DONE, 2, 2, 0)
    assert (talks / "one.summary.md").read_text() == "Result: boiler rattles and the plumber comes on Friday.\n"
    assert (talks / "below" / "two.summary.md").read_text() == "Result: Tomatoes grow in the garden.\n"
    assert (talks / "one.txt").read_text().startswith("The boiler")
    assert desk.used == [Usage("openai", "gpt-6-luna", {"text_in": 200.0, "text_out": 40.0})]
    assert job.usd == pytest.approx(0.5 * (200 * 0.1 + 40 * 0.5) / 1e6)


async def test_what_is_there_already_is_never_overwritten_nor_taken_for_a_transcript(desk: Desk, talks: Path) -> None:
    (talks / "one.clean.txt").write_text("mine")
    job = await desk.until_over(await desk.start(Task.CLEAN, talks))
    assert job.total == 2
    assert (talks / "one.clean.txt").read_text() == "mine"
    assert (talks / "one.clean-2.txt").exists()


async def test_a_conversation_gets_its_title(desk: Desk) -> None:
    head = await desk.store.new_conversation("untitled")
    await desk.store.add_message(head.id, Role.USER, "The boiler rattles.")
    await desk.until_over(await desk.start(Task.TITLE, f"conversation:{head.id}"))
    (found,) = await desk.store.conversations()
    assert found.title == "Result: Person: The boiler rattles"


async def test_progress_is_told_while_the_service_works(desk: Desk, talks: Path, openai_server: LoopbackServer) -> None:
    openai_server.script.batch = BatchScript(looks=2)
    job = await desk.batching.step(desk.settings, await desk.start(Task.TITLE, talks))
    seen = [job.at_service]
    while not job.is_over:
        job = await desk.batching.step(desk.settings, job)
        seen.append(job.at_service)
    assert seen == [0, 1, 2, 0]


async def test_a_line_that_failed_for_a_passing_reason_is_sent_again_alone(
    desk: Desk, talks: Path, openai_server: LoopbackServer
) -> None:
    tries: list[str] = []

    def first_fails(asked: Line) -> Line:
        is_boiler = "boiler" in asked["body"]["messages"][-1]["content"]
        tries.append("boiler" if is_boiler else "tomatoes")
        return refused(asked) if is_boiler and tries.count("boiler") == 1 else answered(asked)

    openai_server.script.batch = BatchScript(answer=first_fails)
    job = await desk.until_over(await desk.start(Task.SUMMARY, talks))
    assert (job.state, job.done, sorted(tries)) == (BatchState.DONE, 2, ["boiler", "boiler", "tomatoes"])
    assert len(openai_server.requests_for("/batches")) == 2


@pytest.mark.parametrize(
    ("answer", "attempts"), [(refused, 3), (lambda _line: None, 3), (lambda line: refused(line, 400, "bad"), 1)]
)
async def test_a_line_that_cannot_be_done_is_told_and_the_others_are_kept(
    desk: Desk, talks: Path, openai_server: LoopbackServer, answer: Callable[[Line], Line | None], attempts: int
) -> None:
    openai_server.script.batch = BatchScript(
        answer=lambda line: answer(line) if "boiler" in line["body"]["messages"][-1]["content"] else answered(line)
    )
    job = await desk.until_over(await desk.start(Task.SUMMARY, talks), steps=40)
    lines = await desk.batching.store.lines(job.id)
    failed = next(line for line in lines if line.source.endswith("one.txt"))
    assert (job.done, job.failed, failed.state, failed.attempts) == (1, 1, LineState.FAILED, attempts)
    assert failed.error


async def test_an_expired_batch_gives_what_was_done_and_sends_the_rest_again(
    desk: Desk, talks: Path, openai_server: LoopbackServer
) -> None:
    script = openai_server.script.batch = BatchScript(end="expired")
    script.answer = lambda line: (
        expired(line) if "boiler" in line["body"]["messages"][-1]["content"] else answered(line)
    )
    job = await desk.start(Task.SUMMARY, talks)
    while not (job.state is BatchState.WAITING and job.done):
        job = await desk.batching.step(desk.settings, job)
    assert (talks / "below" / "two.summary.md").exists()
    openai_server.script.batch = BatchScript()
    assert (await desk.until_over(job)).done == 2


async def test_a_refused_file_ends_the_job_without_the_persons_words(
    desk: Desk, talks: Path, openai_server: LoopbackServer
) -> None:
    openai_server.script.batch = BatchScript(end="failed")
    job = await desk.until_over(await desk.start(Task.SUMMARY, talks))
    assert (job.state, job.failed) == (BatchState.FAILED, 2)
    assert "token_limit_exceeded" in job.problem
    assert "secret words" not in job.problem


async def test_cancelling_keeps_what_was_finished(desk: Desk, talks: Path, openai_server: LoopbackServer) -> None:
    openai_server.script.batch = BatchScript(
        looks=100, answer=lambda line: answered(line) if "boiler" in str(line) else None
    )
    job = await desk.batching.step(desk.settings, await desk.start(Task.SUMMARY, talks))
    job = await desk.until_over(await desk.batching.cancel(desk.settings, job.id))
    assert (job.state, job.done, job.failed) == (BatchState.CANCELLED, 1, 1)
    assert (talks / "one.summary.md").exists()
    assert len(openai_server.requests_for("/batches")) == 1


async def test_cancelling_before_anything_was_sent_sends_nothing(
    desk: Desk, talks: Path, openai_server: LoopbackServer
) -> None:
    job = await desk.start(Task.SUMMARY, talks)
    assert (await desk.batching.cancel(desk.settings, job.id)).state is BatchState.CANCELLED
    assert openai_server.requests == []


async def test_nothing_of_the_persons_words_stays_at_the_service(
    desk: Desk, talks: Path, openai_server: LoopbackServer
) -> None:
    await desk.until_over(await desk.start(Task.SUMMARY, talks))
    assert openai_server.batches.files == {}


async def test_a_job_goes_on_in_the_next_start(open_desk: Callable[[], Desk], talks: Path) -> None:
    first = open_desk()
    await first.batching.step(first.settings, await first.start(Task.SUMMARY, talks))
    await first.store.close()
    second = open_desk()
    (job,) = await second.batching.store.jobs()
    assert job.state is BatchState.RUNNING
    assert (await second.until_over(job)).done == 2


async def test_a_batch_whose_answer_was_lost_is_found_again_and_not_begun_twice(
    open_desk: Callable[[], Desk], talks: Path, openai_server: LoopbackServer
) -> None:
    begin = openai_server.batches.answer
    first = open_desk()
    job = await first.start(Task.SUMMARY, talks)

    def begun_but_lost(request: object) -> Answer:
        begin(openai_server.script.batch, request, "/batches")  # type: ignore[arg-type]
        return faults.reset_before_headers()

    openai_server.answer_next("/batches", begun_but_lost)
    with pytest.raises(ProviderError):
        await first.batching.step(first.settings, job)
    await first.store.close()
    second = open_desk()
    (job,) = await second.batching.store.jobs()
    assert (await second.until_over(job)).done == 2
    assert len(openai_server.batches.batches) == 1


async def test_an_end_between_results_and_files_writes_each_file_once(
    open_desk: Callable[[], Desk], talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_desk()
    job = await first.batching.step(first.settings, await first.start(Task.SUMMARY, talks))
    change = first.batching.store.change

    async def dies_after_the_first_file(job_id: int, **changes: object) -> BatchJob:
        if any(line.target for line in changes.get("lines", ())):  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return await change(job_id, **changes)  # type: ignore[arg-type]

    monkeypatch.setattr(first.batching.store, "change", dies_after_the_first_file)
    with pytest.raises(KeyboardInterrupt):
        await first.until_over(job)
    await first.store.close()
    second = open_desk()
    (job,) = await second.batching.store.jobs()
    assert (await second.until_over(job)).done == 2
    assert summaries(talks) == ["one.summary.md", "two.summary.md"]


async def test_two_processes_do_not_move_one_job_at_once(open_desk: Callable[[], Desk], talks: Path) -> None:
    first, second = open_desk(), open_desk()
    job = await first.start(Task.SUMMARY, talks)
    lock = first.batching._lock_for(job.id)
    assert lock.acquire()
    try:
        assert await second.batching.step(second.settings, job) == job
    finally:
        lock.release()
    assert (await second.batching.step(second.settings, job)).state is BatchState.RUNNING


async def test_what_it_would_take_is_said_before(desk: Desk, talks: Path, openai_server: LoopbackServer) -> None:
    offer = await desk.batching.offer(desk.settings, Task.SUMMARY, [str(talks)])
    assert (offer.estimate.lines, offer.model) == (2, "gpt-6-luna")
    assert offer.estimate.usd is not None
    assert openai_server.requests == []


async def test_nothing_to_work_on_and_nobody_to_work_are_told(desk: Desk, tmp_path: Path, talks: Path) -> None:
    empty = tmp_path / "nothing"
    empty.mkdir()
    for source in (empty, talks / "picture.png", talks / "missing.txt"):
        with pytest.raises(ConfigError):
            await desk.start(Task.SUMMARY, source)
    with pytest.raises(ConfigError):
        await desk.batching.offer(Settings(), Task.SUMMARY, [str(talks)])


async def test_a_server_without_batches_ends_the_job_plainly(
    desk: Desk, talks: Path, openai_server: LoopbackServer
) -> None:
    openai_server.answer_always("/files", faults.error(404, "no such route"))
    job = await desk.until_over(await desk.start(Task.SUMMARY, talks))
    assert job.state is BatchState.FAILED
    assert "takes no batches" in job.problem
