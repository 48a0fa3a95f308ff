"""What a member who fishes recovers: people as in a country, an attacker who knows the country's statistics, a curve.

python -m benchmarks.fishing [--countries VN MM ...] [--size 100000] [--seed 1] [--names RECORDS.jsonl]
"""
