package sqlite_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/celltest"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func TestCellsAreBuiltAnew(t *testing.T) { celltest.Anew(t, cellStore(t, storage.Options{})) }

func TestBuildingCellsIsCutOff(t *testing.T) {
	celltest.CutOff(t, cellStore(t, storage.Options{Sealer: keyring(t)}), nil)
}

func cellStore(t *testing.T, o storage.Options) celltest.Store {
	t.Helper()
	path := file(t)
	return celltest.Store{
		Open: func(ctx context.Context, log *slog.Logger) (port.Storage, error) {
			o.Logger = log
			return sqlite.Open(ctx, "sqlite://"+path, o)
		},
		DB: sqlx.NewDb(raw(t, path), "sqlite"),
	}
}
