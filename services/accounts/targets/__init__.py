"""What was planned: sales of people, branches and accounts, and the figures other KPIs are measured against."""
