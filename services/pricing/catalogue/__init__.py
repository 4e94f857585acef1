"""What is sold, at which price, floor, cost and exchange rate."""
