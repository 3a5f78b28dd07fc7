"""A policy at work inside a gateway: settings, observation, account, decision and record, with NumPy alone.

Nothing here knows LiteLLM; `router_serving.litellm` hands requests and bills over.
"""
