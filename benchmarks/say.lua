-- For wrk: the request that benchmarks/load makes, too.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "name=bench&message=~00000000"
