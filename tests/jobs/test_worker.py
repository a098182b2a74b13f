import multiprocessing

from apps.jobs.services.worker import SharedFlag, worker_id


def test_forked_children_see_a_flag_that_is_raised_later():
    flag, fork = SharedFlag(), multiprocessing.get_context("fork")
    asked, seen = fork.Pipe()

    def tell() -> None:
        while seen.recv():
            seen.send(flag.is_set())

    child = fork.Process(target=tell, daemon=True)
    child.start()
    answers = []
    for raised in (False, True):
        if raised:
            flag.set()
        asked.send(True)
        answers.append(asked.recv())
    asked.send(False)
    child.join(timeout=60)

    assert answers == [False, True]


def test_a_worker_is_named_by_its_setting_or_by_host_and_process(settings):
    settings.WORKER_ID = ""
    host, _, pid = worker_id().rpartition(":")
    assert host
    assert int(pid) > 0

    settings.WORKER_ID = "left-hand"
    assert worker_id() == "left-hand"
