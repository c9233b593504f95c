package crash_test

const careless = "careless"
