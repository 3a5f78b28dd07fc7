"""A policy at work, with NumPy alone.

from router_serving import load_policy

policy = load_policy("runs/mine")          # a run directory, or its policy.npz
model = policy.act(observation)            # the index of a model

session = policy.start(budget=1.5, prompts=1000)  # of a policy that was trained with --priced
ticket = session.route(observation)
session.charge(ticket, cost=0.0031)
"""

from router_serving.index_policy import IndexPolicy
from router_serving.policy import NetworkPolicy, Origin, Policy
from router_serving.policy_file import load_policy, load_priced_policy, save_policy
from router_serving.pretrained import for_fleet, pretrained
from router_serving.priced_policy import PricedNetwork, PricedPolicy
from router_serving.session import Session, Ticket

__all__ = [
    "IndexPolicy",
    "NetworkPolicy",
    "Origin",
    "Policy",
    "PricedNetwork",
    "PricedPolicy",
    "Session",
    "Ticket",
    "for_fleet",
    "load_policy",
    "load_priced_policy",
    "pretrained",
    "save_policy",
]
