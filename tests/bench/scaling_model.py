"""What an event costs, fitted to measured runs, and how fast that lets many lanes, workers and processors be. No I/O."""
import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field

# What the CPU seconds of a process are a sum of: so many seconds for each of these counts of a run.
SERVICE_COSTS = ("events", "stored_bytes", "groups", "batches")
POSTGRES_COSTS = ("rows", "stored_bytes", "groups", "batches")


def non_negative_fit(rows, wanted, sweeps=20000):
    """The least squares solution without negative values, of relative errors; by coordinate descent."""
    scale = [max(row[j] / value for row, value in zip(rows, wanted)) or 1 for j in range(len(rows[0]))]
    a = [[cell / value / scale[j] for j, cell in enumerate(row)] for row, value in zip(rows, wanted)]
    x = [0.0] * len(scale)
    squares = [sum(row[j] ** 2 for row in a) for j in range(len(x))]
    left = [1.0] * len(a)
    for _ in range(sweeps):
        for j, square in enumerate(squares):
            if square == 0:
                continue
            new = max(0.0, x[j] + sum(row[j] * rest for row, rest in zip(a, left)) / square)
            left = [rest - (new - x[j]) * row[j] for row, rest in zip(a, left)]
            x[j] = new
    return [value / scale[j] for j, value in enumerate(x)]


@dataclass
class Costs:
    """CPU seconds of each unit of work; commit_wait: seconds that a COMMIT takes."""
    service: dict
    postgres: dict
    kafka: float  # of an event
    commit_wait: float


def fit(runs):
    def of(names, cpu):
        solved = non_negative_fit([[run[name] for name in names] for run in runs], [run[cpu] for run in runs])
        return dict(zip(names, solved))

    batches = sum(run["batches"] for run in runs)
    return Costs(of(SERVICE_COSTS, "service_cpu"), of(POSTGRES_COSTS, "postgres_cpu"),
                 sum(run["kafka_cpu"] for run in runs) / sum(run["events"] for run in runs),
                 sum(run["commit_seconds"] for run in runs) / batches)


@dataclass
class Work:
    """What one batch of a pipeline holds."""
    events: float
    rows: float = 0
    stored_bytes: float = 0
    groups: float = 0
    batches: float = 1

    def cpu(self, costs):
        return sum(getattr(self, name) * cost for name, cost in costs.items())


def work_of(run, batch):
    """A batch of so many events, as the run's were."""
    share = batch / run["events"]
    return Work(batch, run["rows"] * share, run["stored_bytes"] * share, run["groups"] / run["batches"])


@dataclass
class Site:
    lanes: int
    workers: int = 1
    sessions: int = 4  # of a worker
    worker_cores: int = 2  # of a worker
    postgres_cores: int = 2
    shared: bool = False  # all of them, and Kafka, on the cores of PostgreSQL


def bounds(costs, work, site):
    """Events a second that no more than this is possible with, by what limits it."""
    fill, store = work.cpu(costs.service), work.cpu(costs.postgres)
    kafka = costs.kafka * work.events
    cores = site.postgres_cores
    limits = {
        "lanes": site.lanes * work.events / max(fill, store + costs.commit_wait),
        "sessions": site.workers * site.sessions * work.events / (store + costs.commit_wait),
    }
    if site.shared:
        limits["processors"] = cores * work.events / (fill + store + kafka)
    else:
        limits["workers' processors"] = site.workers * site.worker_cores * work.events / fill
        limits["PostgreSQL's processors"] = cores * work.events / store
    return limits


class Cores:
    """Whoever comes first is served first, and wholly."""

    def __init__(self, count):
        self.free_at = [0.0] * count
        self.busy = 0.0

    def use(self, now, seconds):
        end = max(now, heapq.heappop(self.free_at)) + seconds
        heapq.heappush(self.free_at, end)
        self.busy += seconds
        return end


@dataclass
class Worker:
    cores: Cores
    free_sessions: int
    waiting: deque = field(default_factory=deque)


@dataclass
class Lane:
    worker: Worker
    storing: bool = False
    full: bool = False  # the next batch, while one is stored


class Simulation:
    """Every lane fills one batch on its worker while the one before is stored in PostgreSQL, through one of the worker's
    sessions. Each step is taken at its time."""

    def __init__(self, costs, work, site):
        self.work, self.costs, self.site = work, costs, site
        self.fill_seconds = work.cpu(costs.service) + (costs.kafka * work.events if site.shared else 0)
        self.store_seconds = work.cpu(costs.postgres)
        self.postgres = Cores(site.postgres_cores)
        workers = [Worker(self.postgres if site.shared else Cores(site.worker_cores), site.sessions)
                   for _ in range(site.workers)]
        self.lanes = [Lane(workers[i % site.workers]) for i in range(site.lanes)]
        self.agenda, self.order, self.stored_at = [], itertools.count(), []

    def run(self, batches):
        """Events a second, once every lane is at work."""
        for lane in self.lanes:
            self.fill(lane, 0.0)
        while len(self.stored_at) < batches:
            now, _, step, lane = heapq.heappop(self.agenda)
            step(lane, now)
        first = batches // 2
        return (batches - 1 - first) * self.work.events / (self.stored_at[-1] - self.stored_at[first])

    def at(self, time, step, lane):
        heapq.heappush(self.agenda, (time, next(self.order), step, lane))

    def fill(self, lane, now):
        self.at(lane.worker.cores.use(now, self.fill_seconds), self.filled, lane)

    def filled(self, lane, now):
        if lane.storing:
            lane.full = True
        else:
            self.store(lane, now)

    def store(self, lane, now):
        lane.storing, lane.full = True, False
        if lane.worker.free_sessions:
            lane.worker.free_sessions -= 1
            self.write(lane, now)
        else:
            lane.worker.waiting.append(lane)
        self.fill(lane, now)

    def write(self, lane, now):
        self.at(self.postgres.use(now, self.store_seconds) + self.costs.commit_wait, self.stored, lane)

    def stored(self, lane, now):
        self.stored_at.append(now)
        if lane.worker.waiting:
            self.write(lane.worker.waiting.popleft(), now)
        else:
            lane.worker.free_sessions += 1
        lane.storing = False
        if lane.full:
            self.store(lane, now)


def simulate(costs, work, site):
    return Simulation(costs, work, site).run(batches=60 * site.lanes)
