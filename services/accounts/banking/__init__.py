"""Where an account is paid: kept sealed, shown masked, opened only for a purpose that is written down."""
