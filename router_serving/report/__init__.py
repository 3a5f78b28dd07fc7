"""What a gateway's decisions come to: shares, costs, latencies and a budget, as text and as one HTML page."""
