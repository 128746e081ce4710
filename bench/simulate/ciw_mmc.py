"""M/M/8 with two priority classes in Ciw. Usage: ciw_mmc.py CALLS. Prints the mean waits as JSON."""

import json
import sys

import ciw

CALLS = int(sys.argv[1])
SERVERS, LOAD, MEAN_SECONDS = 8, 0.9, 10.0


def main() -> None:
    rate = SERVERS * LOAD / MEAN_SECONDS / 2
    network = ciw.create_network(
        arrival_distributions={
            "pro": [ciw.dists.Exponential(rate)],
            "free": [ciw.dists.Exponential(rate)],
        },
        service_distributions={
            "pro": [ciw.dists.Exponential(1 / MEAN_SECONDS)],
            "free": [ciw.dists.Exponential(1 / MEAN_SECONDS)],
        },
        priority_classes={"pro": 0, "free": 1},
        number_of_servers=[SERVERS],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(CALLS)
    records = simulation.get_all_records()
    waits = [
        [r.waiting_time for r in records if r.customer_class == name] for name in ("pro", "free")
    ]
    print(json.dumps([sum(own) / len(own) for own in waits]))


main()
