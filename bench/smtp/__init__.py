"""What a caught mail costs: our SMTP door beside other servers, all under one load generator. Linux only."""
