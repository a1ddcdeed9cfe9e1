"""Plain Python that every layer may use: ids, acting, clocks, working days, canonical bytes."""
