"""What a job needs of awsglue to run over plain Spark: written for tests, with none of Amazon's code in it."""
