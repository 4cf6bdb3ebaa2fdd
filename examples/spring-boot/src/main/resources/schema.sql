CREATE TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, email text NOT NULL);
CREATE TABLE IF NOT EXISTS receipts (order_id bigint NOT NULL REFERENCES orders, email text NOT NULL);
