"""Beyond one machine: the course's weighted factorization beside that of Apache Spark."""
