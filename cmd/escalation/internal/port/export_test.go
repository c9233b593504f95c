package port

// Telling is telling.
var Telling = telling
