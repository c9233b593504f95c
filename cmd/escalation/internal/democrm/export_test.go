package democrm

// AsRefusal is asRefusal, for errors that take a lot to come by.
var AsRefusal = asRefusal
