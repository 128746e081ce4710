"""M/M/8 with two priority classes in SimPy. Usage: simpy_mmc.py CALLS. Prints the mean waits as JSON."""

import json
import random
import sys

import simpy

CALLS = int(sys.argv[1])
SERVERS, LOAD, MEAN_SECONDS = 8, 0.9, 10.0


def main() -> None:
    rng = random.Random(1)
    env = simpy.Environment()
    gpus = simpy.PriorityResource(env, capacity=SERVERS)
    waits: tuple[list[float], list[float]] = ([], [])

    def call(priority: int):
        asked = env.now
        with gpus.request(priority=priority) as request:
            yield request
            waits[priority].append(env.now - asked)
            yield env.timeout(rng.expovariate(1 / MEAN_SECONDS))

    def arrivals():
        rate = SERVERS * LOAD / MEAN_SECONDS
        for _ in range(CALLS):
            yield env.timeout(rng.expovariate(rate))
            env.process(call(rng.randrange(2)))

    env.process(arrivals())
    env.run()
    print(json.dumps([sum(own) / len(own) for own in waits]))


main()
