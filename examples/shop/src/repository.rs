//! The repository: all SQL of the shop.
//!
//! Each query is a [`Statement`] with a name, and one small function that binds its arguments. All of them go through
//! [`run`], inside a [`Transaction`] or on any connection of the pool.

use std::fmt;
use std::time::{Duration, Instant};

use sqlx::query::QueryAs;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{FromRow, Row, Sqlite, SqliteConnection, SqlitePool};

use crate::config::Database;
use crate::events::my_app;
use crate::order::{Order, OrderState};
use crate::payment::Claim;
use crate::product::Product;

/// The longest that a query waits for a connection, and then for a lock.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The connections to a database file: one writes, the others read.
const FILE_CONNECTIONS: u32 = 4;

/// One query.
struct Statement {
    /// What it is called.
    name: &'static str,
    /// The table that it is about.
    table: &'static str,
    sql: &'static str,
}

impl Statement {
    fn failed(&self, source: sqlx::Error) -> QueryError {
        QueryError { query: self.name, table: self.table, source }
    }
}

const BEGIN: Statement = Statement {
    name: "begin",
    table: "orders",
    // IMMEDIATE: a transaction that reads first and then writes would fail, not wait, when another one wrote in between
    sql: "BEGIN IMMEDIATE",
};

const COMMIT: Statement = Statement { name: "commit", table: "orders", sql: "COMMIT" };

const PRODUCTS: Statement = Statement {
    name: "products",
    table: "products",
    sql: "SELECT id, name, price_cents, stock FROM products ORDER BY id",
};

const PRODUCT: Statement = Statement {
    name: "product",
    table: "products",
    sql: "SELECT id, name, price_cents, stock FROM products WHERE id = ?",
};

const TAKE_STOCK: Statement = Statement {
    name: "take_stock",
    table: "products",
    sql: "UPDATE products SET stock = stock - ?2 WHERE id = ?1 AND stock >= ?2 RETURNING stock",
};

const INSERT_ORDER: Statement = Statement {
    name: "insert_order",
    table: "orders",
    sql: "INSERT INTO orders (product_id, quantity, amount_cents, user_id) VALUES (?, ?, ?, ?) \
          RETURNING id, product_id, quantity, amount_cents, user_id, state",
};

const ORDER: Statement = Statement {
    name: "order",
    table: "orders",
    sql: "SELECT id, product_id, quantity, amount_cents, user_id, state FROM orders WHERE id = ?",
};

const CLAIM_ORDER: Statement = Statement {
    name: "claim_order",
    table: "orders",
    sql: "UPDATE orders SET state = 'paying', claim = claim + 1, claimed_until = ?3 \
          WHERE id = ?1 AND (state = 'pending' OR (state = 'paying' AND claimed_until <= ?2)) \
          RETURNING id, amount_cents, claim",
};

const SETTLE_ORDER: Statement = Statement {
    name: "settle_order",
    table: "orders",
    sql: "UPDATE orders SET state = 'paid' WHERE id = ? AND state = 'paying' AND claim = ? \
          RETURNING claim",
};

const RELEASE_ORDER: Statement = Statement {
    name: "release_order",
    table: "orders",
    sql: "UPDATE orders SET state = 'pending' WHERE id = ? AND state = 'paying' AND claim = ? \
          RETURNING claim",
};

/// The data of the shop. Clones share it.
#[derive(Clone)]
pub(crate) struct Repository {
    pool: SqlitePool,
}

impl Repository {
    /// Opens the database, and fills it if it is new.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or written, or is no database of a shop.
    pub(crate) async fn open(database: &Database) -> Result<Self, sqlx::Error> {
        let (options, connections) = match database {
            // the data lives as long as its connection: there is one, and it is never given up
            Database::Memory => ("sqlite::memory:".parse::<SqliteConnectOptions>()?, 1),
            Database::File(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal);
                (options, FILE_CONNECTIONS)
            }
        };
        let pool = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(connections)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(PATIENCE)
            .connect_with(options.busy_timeout(PATIENCE))
            .await?;
        sqlx::raw_sql(include_str!("schema.sql")).execute(&pool).await?;
        Ok(Self { pool })
    }

    /// Closes all connections, after the queries that still run.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Tells of its connections. To be polled: nothing happens when their number changes.
    pub(crate) fn measure_pool(&self) {
        let pool = &self.pool;
        telemetry::execute!(my_app.repo.pool, { size: pool.size(), idle: pool.num_idle() });
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// All products.
    pub(crate) async fn products(&self) -> Result<Vec<Product>, QueryError> {
        run(self.anywhere(), &PRODUCTS, |query| query).await
    }

    /// The product, if there is one.
    pub(crate) async fn product(&self, id: u64) -> Result<Option<Product>, QueryError> {
        let products = run(self.anywhere(), &PRODUCT, |query| query.bind(key(id))).await?;
        Ok(products.into_iter().next())
    }

    /// The order, if there is one.
    pub(crate) async fn order(&self, id: u64) -> Result<Option<Order>, QueryError> {
        let orders = run(self.anywhere(), &ORDER, |query| query.bind(key(id))).await?;
        Ok(orders.into_iter().next())
    }

    /// Turns an order from `pending` to `paying`, and hands out the right to charge for it, until a moment in
    /// milliseconds since 1970.
    ///
    /// Of several callers one gets the claim. A claim that ran out is handed out again.
    pub(crate) async fn claim_order(
        &self,
        id: u64,
        now: i64,
        until: i64,
    ) -> Result<Option<Claim>, QueryError> {
        let claims =
            run(self.anywhere(), &CLAIM_ORDER, |query| query.bind(key(id)).bind(now).bind(until));
        Ok(claims.await?.into_iter().next())
    }

    /// Turns an order from `paying` to `paid`; `false` if the claim is no longer the current one.
    pub(crate) async fn settle_order(&self, claim: &Claim) -> Result<bool, QueryError> {
        self.end_claim(&SETTLE_ORDER, claim).await
    }

    /// Turns an order from `paying` back to `pending`; `false` if the claim is no longer the current one.
    pub(crate) async fn release_order(&self, claim: &Claim) -> Result<bool, QueryError> {
        self.end_claim(&RELEASE_ORDER, claim).await
    }

    async fn end_claim(&self, statement: &Statement, claim: &Claim) -> Result<bool, QueryError> {
        let claims: Vec<(i64,)> = run(self.anywhere(), statement, |query| {
            query.bind(key(claim.order_id)).bind(claim.number)
        })
        .await?;
        Ok(!claims.is_empty())
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction, QueryError> {
        let transaction = self.pool.begin_with(BEGIN.sql).await;
        transaction.map(Transaction).map_err(|source| BEGIN.failed(source))
    }

    fn anywhere(&self) -> Place<'_> {
        Place::Pool(&self.pool)
    }
}

/// Several queries, of which all count or none. Dropped without [`Transaction::commit`], none.
pub(crate) struct Transaction(sqlx::Transaction<'static, Sqlite>);

impl Transaction {
    /// The product, if there is one.
    pub(crate) async fn product(&mut self, id: u64) -> Result<Option<Product>, QueryError> {
        let products = run(self.here(), &PRODUCT, |query| query.bind(key(id))).await?;
        Ok(products.into_iter().next())
    }

    /// Takes pieces from the stock; `false`, and nothing is taken, if there are not enough.
    pub(crate) async fn take_stock(
        &mut self,
        product: u64,
        pieces: u32,
    ) -> Result<bool, QueryError> {
        let left: Vec<(i64,)> =
            run(self.here(), &TAKE_STOCK, |query| query.bind(key(product)).bind(pieces)).await?;
        Ok(!left.is_empty())
    }

    /// Writes a new order.
    pub(crate) async fn insert_order(
        &mut self,
        product_id: u64,
        quantity: u32,
        amount_cents: u64,
        user_id: u64,
    ) -> Result<Order, QueryError> {
        let orders = run(self.here(), &INSERT_ORDER, |query| {
            query.bind(key(product_id)).bind(quantity).bind(key(amount_cents)).bind(key(user_id))
        });
        orders
            .await?
            .into_iter()
            .next()
            .ok_or_else(|| INSERT_ORDER.failed(sqlx::Error::RowNotFound))
    }

    /// Makes all of it count.
    pub(crate) async fn commit(self) -> Result<(), QueryError> {
        let commit = self.0.commit().await;
        commit.map_err(|source| COMMIT.failed(source))
    }

    fn here(&mut self) -> Place<'_> {
        Place::Transaction(&mut self.0)
    }
}

/// Where a query runs.
enum Place<'a> {
    Pool(&'a SqlitePool),
    Transaction(&'a mut SqliteConnection),
}

type Query<R> = QueryAs<'static, Sqlite, R, SqliteArguments>;

/// Runs one query: the one place that all queries go through.
async fn run<R>(
    place: Place<'_>,
    statement: &Statement,
    bind: impl FnOnce(Query<R>) -> Query<R>,
) -> Result<Vec<R>, QueryError>
where
    R: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let started = Instant::now();
    let mut queue_time = None;
    let query = bind(sqlx::query_as(statement.sql));
    let result = match place {
        Place::Pool(pool) => {
            let acquired = pool.acquire().await;
            queue_time = Some(started.elapsed());
            match acquired {
                Ok(mut connection) => query.fetch_all(&mut *connection).await,
                Err(error) => Err(error),
            }
        }
        Place::Transaction(connection) => query.fetch_all(connection).await,
    };
    telemetry::execute!(
        my_app.repo.query,
        {
            total_time: started.elapsed(),
            queue_time,
            rows: result.as_ref().map_or(0, |rows| rows.len() as u64),
        },
        {
            query: statement.name,
            source: statement.table,
            result: result.as_ref().map(|_| ()).map_err(|error| error as _),
        }
    );
    result.map_err(|source| statement.failed(source))
}

/// A query that failed.
#[derive(Debug)]
pub(crate) struct QueryError {
    query: &'static str,
    table: &'static str,
    source: sqlx::Error,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { query, table, source } = self;
        write!(f, "query `{query}` on {table}: {source}")
    }
}

impl std::error::Error for QueryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A number as the database keeps it. One that does not fit is the id of nothing, and no id is negative.
fn key(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

/// A column that is never negative.
fn unsigned<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error> {
    let number: i64 = row.try_get(column)?;
    T::try_from(number).map_err(|_| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: format!("{number} is out of range").into(),
    })
}

impl FromRow<'_, SqliteRow> for Product {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: unsigned(row, "id")?,
            name: row.try_get("name")?,
            price_cents: unsigned(row, "price_cents")?,
            stock: unsigned(row, "stock")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Order {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let state = match row.try_get("state")? {
            "pending" => OrderState::Pending,
            "paying" => OrderState::Paying,
            "paid" => OrderState::Paid,
            other => {
                return Err(sqlx::Error::ColumnDecode {
                    index: "state".to_owned(),
                    source: format!("{other:?} is no state").into(),
                });
            }
        };
        Ok(Self {
            id: unsigned(row, "id")?,
            product_id: unsigned(row, "product_id")?,
            quantity: unsigned(row, "quantity")?,
            amount_cents: unsigned(row, "amount_cents")?,
            user_id: unsigned(row, "user_id")?,
            state,
        })
    }
}

impl FromRow<'_, SqliteRow> for Claim {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            order_id: unsigned(row, "id")?,
            amount_cents: unsigned(row, "amount_cents")?,
            number: row.try_get("claim")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn in_file(path: &std::path::Path) -> Repository {
        Repository::open(&Database::File(path.to_owned())).await.unwrap()
    }

    #[tokio::test]
    async fn dropped_transaction_takes_nothing() {
        let repository = Repository::open(&Database::Memory).await.unwrap();
        let mut transaction = repository.begin().await.unwrap();
        assert!(transaction.take_stock(20, 3).await.unwrap());
        transaction.insert_order(20, 3, 1, 7).await.unwrap();
        drop(transaction);
        assert_eq!(repository.product(20).await.unwrap().unwrap().stock, 3);
        assert_eq!(repository.order(1).await.unwrap(), None);
    }

    #[tokio::test]
    async fn file_keeps_the_shop() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop 1?.db");
        let repository = in_file(&path).await;
        let mut transaction = repository.begin().await.unwrap();
        assert!(transaction.take_stock(20, 1).await.unwrap());
        let order = transaction.insert_order(20, 1, 89_900, 7).await.unwrap();
        transaction.commit().await.unwrap();
        repository.close().await;

        let repository = in_file(&path).await;
        assert_eq!(repository.order(order.id).await.unwrap(), Some(order));
        assert_eq!(repository.product(20).await.unwrap().unwrap().stock, 2);
        assert!(path.exists());
    }

    #[tokio::test]
    async fn concurrent_transactions_wait_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let repository = in_file(&folder.path().join("shop.db")).await;
        let mut orders = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let repository = repository.clone();
            orders.spawn(async move {
                let mut transaction = repository.begin().await.unwrap();
                transaction.product(20).await.unwrap();
                let taken = transaction.take_stock(20, 1).await.unwrap();
                transaction.commit().await.unwrap();
                taken
            });
        }
        let taken = orders.join_all().await.into_iter().filter(|taken| *taken);
        assert_eq!(taken.count(), 3);
        assert_eq!(repository.product(20).await.unwrap().unwrap().stock, 0);
    }

    #[tokio::test]
    async fn failed_query_is_named() {
        let repository = Repository::open(&Database::Memory).await.unwrap();
        repository.close().await;
        let error = repository.product(1).await.unwrap_err();
        assert!(error.to_string().starts_with("query `product` on products: "), "{error}");
    }
}
