package testdb

import (
	"context"
	"os"
	"time"

	"github.com/samber/lo"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
)

// image is what runs unless CSM_TEST_POSTGRES_IMAGE names another.
const image = "postgres:17-alpine"

// container runs PostgreSQL in a container until the process ends.
func container() (server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	name := lo.CoalesceOrEmpty(os.Getenv("CSM_TEST_POSTGRES_IMAGE"), image)
	c, err := postgres.Run(ctx, name, postgres.WithDatabase("postgres"), postgres.WithUsername("postgres"), postgres.WithPassword("postgres"), postgres.BasicWaitStrategies())
	if err != nil {
		return server{}, err
	}
	stop := func() { _ = testcontainers.TerminateContainer(c) }
	address, err := c.ConnectionString(ctx, "sslmode=disable")
	if err != nil {
		stop()
		return server{}, err
	}
	return server{address: address, stop: stop}, nil
}
