-- What could not be placed or understood is looked for among all deliveries that are kept to be known
-- again. It holds only those, so a delivery that is processed at once costs nothing.
CREATE INDEX deliveries_stuck ON deliveries (id) WHERE verdict <> 'processed';
