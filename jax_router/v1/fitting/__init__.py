"""From a log to a routing problem of LLMRouter-v1: what each of its numbers is, how sure, and where it is from."""
