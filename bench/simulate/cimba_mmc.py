"""M/M/8 with two priority classes in cimba. Usage: cimba_mmc.py CALLS. Prints the mean waits as JSON."""

import json
import sys

import cimba as cb
import numpy as np
from cimba import inputs

CALLS = int(sys.argv[1])
SERVERS, LOAD, MEAN_SECONDS = 8, 0.9, 10.0


class MM8(cb.Model):
    """A call is the time of its arrival, put into the queue of its class."""

    gap: cb.Input[float] = inputs.dist.exponential(mean=MEAN_SECONDS / (SERVERS * LOAD))
    seconds: cb.Input[float] = inputs.dist.exponential(mean=MEAN_SECONDS)
    calls: int = CALLS
    queue: cb.PriorityStore[float]
    ahead: cb.Dataset
    behind: cb.Dataset
    mean_ahead: cb.Output[float]
    mean_behind: cb.Output[float]

    @cb.process
    def arrivals(self):
        for _ in range(self.calls):
            cb.hold(self.gap.next())
            if cb.random.bernoulli(0.5):
                self.queue.put(cb.now(), priority=1)
            else:
                self.queue.put(-cb.now(), priority=0)

    @cb.process(copies=SERVERS)
    def server(self):
        while True:
            asked = self.queue.get()
            if asked > 0:
                self.ahead.record(cb.now() - asked)
            else:
                self.behind.record(cb.now() + asked)
            cb.hold(self.seconds.next())

    @cb.on_end
    def measure(self):
        self.mean_ahead = self.ahead.sample_mean()
        self.mean_behind = self.behind.sample_mean()


model = MM8()
results = cb.Experiment(model, seed=1, window=cb.Window.until_idle()).run()[model]
means = (results.mean_ahead, results.mean_behind)
print(json.dumps([np.asarray(mean).item() for mean in means]))
