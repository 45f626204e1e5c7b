"""Thirty-two clients on one server at once, each in a world of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.asking import ADA, FLUX, FLUX_USD, KEY, Json, Served

CLIENTS = 32
NEIGHBOURS = 6
BEGINNING_S = 3600
GRANTED_USD = 1


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("--port", "0", "--seed", "0") as it:
        yield it


class Client:
    """One of many. Odd ones find their world by its path and have the common key, even ones by their own.

    Everything that it sets depends on its number, so whatever leaked from another world would show.
    """

    def __init__(self, served: Served, number: int) -> None:
        self.number = number
        self.name = f"world-{number}"
        self.jobs: list[str] = []
        by_path = number % 2
        self.base = f"{served.url}/w/{self.name}" if by_path else served.url
        self._http = httpx.AsyncClient(
            base_url=self.base,
            headers={"Authorization": f"Bearer {KEY if by_path else f'mk_{self.name}:x'}"},
            trust_env=False,
            verify=False,  # there is no TLS here, and to load the certificates takes long
            timeout=Served.WAIT_S,
        )
        self.files = f"{served.url}/w/{self.name}/files/images/"

    async def get(self, path: str) -> Json:
        return (await self._http.get(path)).raise_for_status().json()

    async def post(self, path: str, body: Json) -> Json:
        return (await self._http.post(path, json=body)).raise_for_status().json()

    async def set_up(self) -> None:
        """Make the world by asking it, and give it a clock, a balance and a limit like no other."""
        assert await self.get("/jobs") == {"items": [], "next_cursor": None}
        await self.post("/__mockkrea/clock", {"action": "freeze"})
        await self.post("/__mockkrea/clock", {"action": "advance", "seconds": BEGINNING_S * self.number})
        await self.post(f"/__mockkrea/workspaces/{ADA}/balance", {"usd": GRANTED_USD + self.number})
        await self.post(f"/__mockkrea/workspaces/{ADA}/limits", {"concurrency": self.jobs_max, "backlog": 0})

    @property
    def jobs_max(self) -> int:
        """How many jobs its world takes at once."""
        return 1 + self.number % 5

    async def submit_until_refused(self) -> None:
        """Submit one job after the other until the limit is reached."""
        while (answer := await self._submitted()).status_code == 200:
            self.jobs.append(answer.json()["job_id"])
        assert answer.status_code == 429
        assert len(self.jobs) == self.jobs_max

    async def _submitted(self) -> httpx.Response:
        return await self._http.post(f"/generate/{FLUX}", json={"prompt": f"fox {self.number}"})

    async def finish(self) -> None:
        """Let its jobs end, and look at the results and the bill."""
        await self.post("/__mockkrea/clock", {"action": "run_until", "until": "idle"})
        items = (await self.get("/jobs"))["items"]
        assert [job["job_id"] for job in reversed(items)] == self.jobs
        for job in items:
            [url] = job["result"]["urls"]
            assert url.startswith(self.files)
        assert (await self._http.head(url, headers={"Authorization": ""})).status_code == 200
        [ada, *_] = (await self.get("/__mockkrea/workspaces"))["items"]
        assert ada["usd"]["balance"] == pytest.approx(GRANTED_USD + self.number - FLUX_USD * len(self.jobs))

    async def look_for(self, others: list[Client]) -> None:
        """Ask for what belongs to others."""
        for other in others:
            answer = await self._http.get(f"/jobs/{other.jobs[0]}")
            assert answer.status_code == (200 if other is self else 404)

    async def now(self) -> str:
        """What its clock shows."""
        return str((await self.get("/__mockkrea/clock"))["now"])

    async def close(self) -> None:
        await self._http.aclose()


def test_thirty_two_clients_in_worlds_of_their_own_never_see_each_other(served: Served) -> None:
    async def play() -> None:
        clients = [Client(served, number) for number in range(CLIENTS)]
        await asyncio.gather(*(client.set_up() for client in clients))
        await asyncio.gather(*(client.submit_until_refused() for client in clients))
        around = [*clients, *clients]
        await asyncio.gather(*(client.look_for(around[client.number :][:NEIGHBOURS]) for client in clients))
        times = await asyncio.gather(*(client.now() for client in clients))
        await asyncio.gather(*(client.finish() for client in clients))
        listed = (await clients[0].get("/__mockkrea/worlds"))["items"]
        await asyncio.gather(*(client.close() for client in clients))

        assert list(times) == sorted(set(times))
        assert {world["name"] for world in listed} == {"default", *(client.name for client in clients)}
        assert len({job for client in clients for job in client.jobs}) == sum(
            client.jobs_max for client in clients
        )

    asyncio.run(play())
    with served.client() as client:
        assert client.get("/jobs").json()["items"] == []
        assert client.get("/__mockkrea/workspaces").json()["items"][0]["usd"]["balance"] == 100
        assert client.get("/__mockkrea/clock").json()["mode"] == "real"


def test_first_requests_of_one_world_at_once_make_it_once_and_lose_no_job(served: Served) -> None:
    async def play() -> list[str]:
        headers = {"Authorization": "Bearer mk_crowd:x"}
        async with httpx.AsyncClient(
            base_url=served.url, headers=headers, trust_env=False, verify=False
        ) as client:
            submissions = [client.post(f"/generate/{FLUX}", json={"prompt": "x"}) for _ in range(CLIENTS)]
            taken = [answer.json()["job_id"] for answer in await asyncio.gather(*submissions)]
            listed = [job["job_id"] for job in (await client.get("/jobs")).json()["items"]]
        assert sorted(listed) == sorted(taken)
        return listed

    assert len(set(asyncio.run(play()))) == CLIENTS
