// Package sqlite holds the tests of store/sqlitestore against real drivers.
package sqlite
